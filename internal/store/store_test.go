package store_test

import (
	"testing"

	"madoguchi/internal/store/storetest"
)

func TestSQLite(t *testing.T) {
	storetest.Run(t, func(t *testing.T) *storetest.House { return storetest.Open(t) })
}

func TestPostgres(t *testing.T) {
	if storetest.PostgresURL(t) == "" {
		return // short mode; PostgresURL fails otherwise
	}
	storetest.Run(t, storetest.Postgres(t))
}
