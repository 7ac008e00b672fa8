\echo Use "CREATE EXTENSION aws_commons" to load this file. \quit

CREATE SCHEMA aws_commons;
GRANT USAGE ON SCHEMA aws_commons TO PUBLIC;

CREATE TYPE aws_commons._lambda_function_arn_1 AS (function_name text, region text);

CREATE FUNCTION aws_commons.create_lambda_function_arn(
  function_name text,
  region text DEFAULT NULL
) RETURNS aws_commons._lambda_function_arn_1
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT ROW(function_name, region)::aws_commons._lambda_function_arn_1 $$;
