DROP INDEX CONCURRENTLY IF EXISTS "deliveries_of_target";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "deliveries_of_target" ON "deliveries" USING btree ("target","event_id") WHERE target <> '';--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "dead_letters_of_target";--> statement-breakpoint
CREATE INDEX CONCURRENTLY "dead_letters_of_target" ON "dead_letters" USING btree ("target","event_id") WHERE target <> '';
