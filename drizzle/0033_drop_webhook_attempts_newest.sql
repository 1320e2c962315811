-- No query uses this index: `webhook_attempts_event` serves the log of a webhook.
DROP INDEX CONCURRENTLY IF EXISTS "webhook_attempts_newest";
