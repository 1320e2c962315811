-- An update finds room on the page of its row, and is HOT when it changes no indexed column: it then writes no index.
-- Pages that are full already keep their rows. Every update of deliveries changes due_at, which is indexed, so room on
-- their pages would be of no use.
ALTER TABLE "goals" SET (fillfactor = 80);--> statement-breakpoint
ALTER TABLE "tasks" SET (fillfactor = 80);--> statement-breakpoint
ALTER TABLE "idempotency_keys" SET (fillfactor = 80);
