"""The database calls Lambda: RDS for PostgreSQL's extensions ``aws_lambda`` and ``aws_commons``.

:mod:`.extension` gives an instance the extensions, :mod:`.bridge` is what their functions talk to,
and :mod:`.calls` makes each request an invocation with the instance's role. How it is done, and
why so: docs/decisions/0092-the-database-calls-lambda.md.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL-Lambda.html
"""
