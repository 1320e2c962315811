DROP INDEX CONCURRENTLY IF EXISTS "webhooks_health_of_users";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "webhooks_health_of_users" ON "webhooks" USING btree ("health") WHERE owner_id is not null;
