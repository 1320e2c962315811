DROP INDEX CONCURRENTLY IF EXISTS "notifications_digest";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "notifications_digest" ON "notifications" USING btree ("digest_id","id") WHERE digest_id is not null;
