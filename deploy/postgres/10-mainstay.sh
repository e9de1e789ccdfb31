#!/bin/sh
# First start of the database container: the owner of the tables (migrates), the login of the application (owns
# nothing, inherits nothing), and the database. The application makes its further roles itself.
set -eu
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
  --set owner_password="$MAINSTAY_OWNER_PASSWORD" --set app_password="$MAINSTAY_APP_PASSWORD" <<'SQL'
create role mainstay_owner login createrole inherit nosuperuser nobypassrls password :'owner_password';
create role mainstay login noinherit nosuperuser nocreatedb nocreaterole nobypassrls password :'app_password';
create database mainstay owner mainstay_owner;
SQL
