package store

// Rows are the row structs, for the test that compares them with the schema.
var Rows = []interface{ TableName() string }{organisationRow{}, staffRow{}, staffRoleRow{}, sessionRow{}, rateCounterRow{}, keyRow{}, draftRow{},
	submissionRow{}, caseRow{}, commandRow{}, taskRow{}, milestoneRow{}, clockEventRow{}, extensionRow{}, calendarMoveRow{}, itemRow{}, proposalRow{}, effectRow{}, noticeRow{},
	codeRow{}, documentRow{}, packageRow{}, messageRow{}, noteRow{}, openingRow{}, evidenceRow{}, checkpointRow{}, acceptedRow{}, heartbeatRow{},
	authorityRow{}, subjectRow{}, recipientRow{}, recipientAttemptRow{}, scheduledRow{}, stopLinkRow{}, appointmentRow{},
	consentRow{}, amendmentRow{}}

// PasswordFits is for the test of password hashes.
var PasswordFits = passwordFits
