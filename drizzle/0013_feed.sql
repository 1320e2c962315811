CREATE TYPE "public"."event_visibility" AS ENUM('kept', 'gained', 'lost');--> statement-breakpoint
CREATE TABLE "installation" (
	"id" smallint PRIMARY KEY DEFAULT 1 NOT NULL,
	"epoch" smallint DEFAULT 1 NOT NULL,
	"system_identifier" bigint,
	CONSTRAINT "installation_one_row" CHECK ("installation"."id" = 1)
);
--> statement-breakpoint
INSERT INTO "installation" DEFAULT VALUES;--> statement-breakpoint
-- A new table takes the place of the old one, because a key cannot be changed online. No program has read the old rows.
-- Statements of the previous release fit the new table: `epoch` has a default, and `visibility` stays null.
CREATE TABLE "event_readers_with_epoch" (
	"reader_id" uuid NOT NULL,
	"xid" "xid8" NOT NULL,
	"position" bigint NOT NULL,
	"event_id" uuid NOT NULL,
	"epoch" smallint DEFAULT 1 NOT NULL,
	"visibility" "event_visibility",
	CONSTRAINT "event_readers_reader_id_epoch_xid_position_event_id_pk" PRIMARY KEY("reader_id","epoch","xid","position","event_id")
) PARTITION BY RANGE ("event_id");
--> statement-breakpoint
-- The roles of the old table keep their rights.
DO $$
declare
  granted record;
begin
  for granted in
    select case when grantee = 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end as role,
           privilege_type as privilege
    from pg_class, aclexplode(relacl)
    where oid = 'event_readers'::regclass and grantee <> relowner
  loop
    execute format('grant %s on event_readers_with_epoch to %s', granted.privilege, granted.role);
  end loop;
end $$;
--> statement-breakpoint
DROP TABLE "event_readers";--> statement-breakpoint
ALTER TABLE "event_readers_with_epoch" RENAME TO "event_readers";--> statement-breakpoint
CREATE TABLE event_readers_default PARTITION OF event_readers DEFAULT;--> statement-breakpoint
SELECT ensure_event_partitions(4);--> statement-breakpoint
-- Raises the epoch of the installation, for transaction ids that may begin again. Returns the new one. The lock lets
-- the open transactions end first, so no event gets the old epoch afterwards. `identifier` is the one of a new cluster.
CREATE FUNCTION raise_epoch(identifier bigint DEFAULT NULL) RETURNS smallint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '500ms' AS $$
declare
  raised smallint;
begin
  lock table only event_readers in access exclusive mode;
  update installation set epoch = epoch + 1, system_identifier = coalesce(identifier, system_identifier)
    returning epoch into raised;
  execute format('alter table only event_readers alter column epoch set default %s', raised);
  return raised;
end $$;
