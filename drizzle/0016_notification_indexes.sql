-- The pages of the inbox and of the archive, and the unread notifications.
DROP INDEX CONCURRENTLY IF EXISTS "notifications_newest";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "notifications_newest" ON "notifications" USING btree ("user_id","created_at","id") WHERE archived_at is null and channel = 'in-app';--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "notifications_archived";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "notifications_archived" ON "notifications" USING btree ("user_id","created_at","id") WHERE archived_at is not null and channel = 'in-app';--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "notifications_unread";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "notifications_unread" ON "notifications" USING btree ("user_id","created_at","id") WHERE read_at is null and archived_at is null and channel = 'in-app';
