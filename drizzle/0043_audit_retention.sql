CREATE TABLE "audit_retention" (
	"entity" text PRIMARY KEY NOT NULL,
	"kept_since" timestamp(3) with time zone NOT NULL,
	"next_block" bigint,
	CONSTRAINT "audit_retention_entity" CHECK ("audit_retention"."entity" in ('goal', 'task'))
);
