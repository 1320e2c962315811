CREATE TABLE "consumer_pauses" (
	"consumer" text PRIMARY KEY NOT NULL,
	"is_paused" boolean NOT NULL,
	"actor" text NOT NULL,
	"reason" text NOT NULL,
	"since" timestamp(3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "processes" (
	"id" uuid PRIMARY KEY DEFAULT uuidv7() NOT NULL,
	"role" text NOT NULL,
	"consumers" text[] NOT NULL,
	"version" text NOT NULL,
	"host" text NOT NULL,
	"pid" integer NOT NULL,
	"pool_size" integer NOT NULL,
	"started_at" timestamp(3) with time zone NOT NULL,
	"beat_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"clock_ahead_ms" integer NOT NULL
);
--> statement-breakpoint
-- Every beat updates a row, and no index contains what it changes.
ALTER TABLE "processes" SET (fillfactor = 80);
