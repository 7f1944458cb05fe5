-- What SQLite has and PostgreSQL has not. Our schema is searched before PostgreSQL's own. Every
-- version runs this as it opens the database, older ones, too: what does something else from now on
-- needs another name.
SET client_min_messages = warning;
CREATE COLLATION IF NOT EXISTS nocase
    (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE IF NOT EXISTS versions (room TEXT PRIMARY KEY, version BIGINT NOT NULL);

-- The last number that each table has given. Unlike a sequence it goes back with its transaction,
-- and a reader never sees a number before its row.
CREATE TABLE IF NOT EXISTS sqlite_sequence (name TEXT PRIMARY KEY, seq BIGINT NOT NULL);
CREATE OR REPLACE FUNCTION next_number(of_table text) RETURNS bigint LANGUAGE sql AS
    'UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = of_table RETURNING seq';

CREATE OR REPLACE FUNCTION clock() RETURNS double precision LANGUAGE sql VOLATILE AS
    'SELECT extract(epoch FROM clock_timestamp())::double precision';
CREATE OR REPLACE FUNCTION random() RETURNS bigint LANGUAGE sql AS
    'SELECT ((pg_catalog.random() - 0.5) * 1.8e19)::bigint';
CREATE OR REPLACE FUNCTION substr(text, bigint, bigint) RETURNS text LANGUAGE sql IMMUTABLE AS
    'SELECT pg_catalog.substr($1, $2::integer, $3::integer)';
CREATE OR REPLACE FUNCTION iif(boolean, anycompatible, anycompatible) RETURNS anycompatible
    LANGUAGE sql IMMUTABLE AS 'SELECT CASE WHEN $1 THEN $2 ELSE $3 END';
CREATE OR REPLACE FUNCTION max(anycompatible, anycompatible) RETURNS anycompatible
    LANGUAGE sql IMMUTABLE AS 'SELECT CASE WHEN $1 > $2 THEN $1 ELSE $2 END';
CREATE OR REPLACE FUNCTION min(anycompatible, anycompatible) RETURNS anycompatible
    LANGUAGE sql IMMUTABLE AS 'SELECT CASE WHEN $1 < $2 THEN $1 ELSE $2 END';
CREATE OR REPLACE FUNCTION julianday(text) RETURNS double precision LANGUAGE sql STABLE AS
    'SELECT extract(epoch FROM $1::timestamptz)::double precision / 86400 + 2440587.5';
CREATE OR REPLACE FUNCTION julianday(double precision, text) RETURNS double precision
    LANGUAGE sql IMMUTABLE AS 'SELECT $1 / 86400 + 2440587.5';
CREATE OR REPLACE FUNCTION json_valid(text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS
    'BEGIN PERFORM $1::json; RETURN true; EXCEPTION WHEN others THEN RETURN false; END';
CREATE OR REPLACE FUNCTION json_each(text) RETURNS TABLE (value text) LANGUAGE sql IMMUTABLE AS
    'SELECT jsonb_array_elements_text($1::jsonb)';
CREATE OR REPLACE FUNCTION json_path(text) RETURNS text[] LANGUAGE sql IMMUTABLE AS
    $$ SELECT regexp_split_to_array(trim(BOTH '$.[]' FROM $1), '[].[]+') $$;
CREATE OR REPLACE FUNCTION json_extract(text, text) RETURNS text LANGUAGE sql IMMUTABLE AS
    'SELECT $1::json #>> json_path($2)';
CREATE OR REPLACE FUNCTION json_extract(text, text, text) RETURNS text LANGUAGE sql IMMUTABLE AS
    $$ SELECT '[' || ($1::json #> json_path($2))::text || ','
        || ($1::json #> json_path($3))::text || ']' $$;
