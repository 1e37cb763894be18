#!/bin/sh
# Run once by the PostgreSQL image. The owner migrates and owns the tables; the
# role that runs the product belongs to madoguchi_app and owns nothing, so that
# the walls between organisations hold for it too.
set -eu
psql -v ON_ERROR_STOP=1 -v owner="$OWNER_PASSWORD" -v run="$RUN_PASSWORD" -U postgres <<'SQL'
CREATE ROLE madoguchi_app NOLOGIN NOSUPERUSER NOBYPASSRLS;
CREATE ROLE madoguchi_owner LOGIN PASSWORD :'owner' NOSUPERUSER NOBYPASSRLS;
CREATE ROLE madoguchi_run LOGIN PASSWORD :'run' NOSUPERUSER NOBYPASSRLS IN ROLE madoguchi_app;
GRANT madoguchi_app TO madoguchi_owner;
CREATE DATABASE madoguchi OWNER madoguchi_owner;
SQL
