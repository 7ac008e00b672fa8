\echo Use "CREATE EXTENSION aws_lambda CASCADE" to load this file. \quit

DO $$
BEGIN
  IF NOT pg_catalog.pg_has_role(session_user, 'rds_superuser', 'MEMBER') THEN
    RAISE EXCEPTION 'permission denied to create extension "aws_lambda"'
      USING ERRCODE = '42501', HINT = 'Must be a member of rds_superuser to create this extension.';
  END IF;
END $$;

-- What the functions below need, and nobody else: the schema may not even be looked into.
CREATE SCHEMA aws_lambda_bridge;
CREATE TABLE aws_lambda_bridge.key (conninfo text NOT NULL, token text NOT NULL);
INSERT INTO aws_lambda_bridge.key VALUES (<conninfo>, <token>);

CREATE FUNCTION aws_lambda_bridge.connect(text, text) RETURNS text
LANGUAGE c STRICT AS '$libdir/dblink', 'dblink_connect';
CREATE FUNCTION aws_lambda_bridge.disconnect(text) RETURNS text
LANGUAGE c STRICT AS '$libdir/dblink', 'dblink_disconnect';
CREATE FUNCTION aws_lambda_bridge.connections() RETURNS text[]
LANGUAGE c AS '$libdir/dblink', 'dblink_get_connections';
CREATE FUNCTION aws_lambda_bridge.ask(text, text) RETURNS SETOF record
LANGUAGE c STRICT AS '$libdir/dblink', 'dblink_record';

-- One call. Everything travels as base64, so that the encoding of the database does not matter.
CREATE FUNCTION aws_lambda_bridge.call(
  function_name text,
  region text,
  event text,
  invocation_type text,
  log_type text,
  context text,
  qualifier text,
  OUT status_code integer,
  OUT result text,
  OUT executed_version text,
  OUT log_result text
) LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $f$
DECLARE
  line CONSTANT text := 'aws_lambda';
  known aws_lambda_bridge.key%ROWTYPE;
  request text;
  told text;
  answer json;
BEGIN
  SELECT * INTO STRICT known FROM aws_lambda_bridge.key;
  request := known.token || ' ' || encode(convert_to(json_build_object(
    'function_name', function_name,
    'region', region,
    'invocation_type', invocation_type,
    'log_type', log_type,
    'context', context,
    'qualifier', qualifier,
    'connect_timeout_ms', current_setting('aws_lambda.connect_timeout_ms', true),
    'request_timeout_ms', current_setting('aws_lambda.request_timeout_ms', true)
  )::text, 'UTF8'), 'base64');
  IF event IS NOT NULL THEN
    request := request || ' ' || encode(convert_to(event, 'UTF8'), 'base64');
  END IF;
  BEGIN
    IF NOT coalesce(line = ANY (aws_lambda_bridge.connections()), false) THEN
      PERFORM aws_lambda_bridge.connect(line, known.conninfo);
    END IF;
    SELECT it.told, it.result INTO told, result
      FROM aws_lambda_bridge.ask(line, request) AS it(told text, result text);
  EXCEPTION WHEN OTHERS THEN
    -- The line is of no use any more: the next call makes a new one.
    IF line = ANY (aws_lambda_bridge.connections()) THEN
      PERFORM aws_lambda_bridge.disconnect(line);
    END IF;
    RAISE EXCEPTION 'invoke API failed' USING ERRCODE = '58000',
      DETAIL = 'AWS Lambda client returned ''Unable to connect to endpoint''';
  END;
  answer := convert_from(decode(told, 'base64'), 'UTF8')::json;
  IF answer ->> 'error' IS NOT NULL THEN
    IF answer ->> 'hint' IS NOT NULL THEN
      RAISE EXCEPTION USING MESSAGE = answer ->> 'error', HINT = answer ->> 'hint',
        ERRCODE = answer ->> 'code';
    ELSIF answer ->> 'detail' IS NOT NULL THEN
      RAISE EXCEPTION USING MESSAGE = answer ->> 'error', DETAIL = answer ->> 'detail',
        ERRCODE = answer ->> 'code';
    END IF;
    RAISE EXCEPTION USING MESSAGE = answer ->> 'error', ERRCODE = answer ->> 'code';
  END IF;
  status_code := (answer ->> 'status_code')::integer;
  result := convert_from(decode(result, 'base64'), 'UTF8');
  executed_version := answer ->> 'executed_version';
  log_result := answer ->> 'log_result';
END $f$;

CREATE SCHEMA aws_lambda;

-- AWS's four signatures: a function by its name and Region, or by an ARN made of both; events of
-- json or of jsonb.
DO $d$
DECLARE
  by_name CONSTANT text[] :=
    ARRAY['function_name text', 'region text DEFAULT NULL,', 'function_name', 'region'];
  by_arn CONSTANT text[] :=
    ARRAY['function_name aws_commons._lambda_function_arn_1', '',
          '(function_name).function_name', '(function_name).region'];
  named text[];
  json_type text;
BEGIN
  FOREACH named SLICE 1 IN ARRAY ARRAY[by_name, by_arn] LOOP
    FOREACH json_type IN ARRAY ARRAY['json', 'jsonb'] LOOP
      EXECUTE format($f$
        CREATE FUNCTION aws_lambda.invoke(
          %1$s,
          payload %5$s,
          %2$s
          invocation_type text DEFAULT 'RequestResponse',
          log_type text DEFAULT 'None',
          context %5$s DEFAULT NULL,
          qualifier character varying(128) DEFAULT NULL,
          OUT status_code integer,
          OUT payload %5$s,
          OUT executed_version text,
          OUT log_result text
        ) RETURNS record
        LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
        $q$ SELECT status_code, result::%5$s, executed_version, log_result
          FROM aws_lambda_bridge.call(%3$s, %4$s, $2::text, invocation_type, log_type,
            context::text, qualifier) $q$
      $f$, named[1], named[2], named[3], named[4], json_type);
    END LOOP;
  END LOOP;
END $d$;

-- As on RDS: nobody but rds_superuser, until somebody is granted it.
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA aws_lambda, aws_lambda_bridge FROM PUBLIC;
GRANT USAGE ON SCHEMA aws_lambda TO rds_superuser WITH GRANT OPTION;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA aws_lambda TO rds_superuser WITH GRANT OPTION;
