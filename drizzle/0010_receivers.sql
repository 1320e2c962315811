CREATE TABLE "receivers" (
	"consumer" text PRIMARY KEY NOT NULL,
	"is_present" boolean NOT NULL,
	"since" timestamp(3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
-- Events keep their deliveries to `sync` until a worker of this version has recorded that it has no receiver.
INSERT INTO "receivers" ("consumer", "is_present", "since") VALUES ('sync', true, 'epoch');
