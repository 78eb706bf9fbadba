#!/bin/sh
# Runs once, on empty data: the role that owns the tables, no superuser, and its database. `leadwright migrate` does the rest.
set -eu
psql -v ON_ERROR_STOP=1 -v owner_password="$OWNER_PASSWORD" -U "${POSTGRES_USER:-postgres}" -d postgres <<'SQL'
CREATE ROLE leadwright_owner LOGIN NOSUPERUSER NOBYPASSRLS CREATEROLE PASSWORD :'owner_password';
CREATE DATABASE leadwright OWNER leadwright_owner;
SQL
