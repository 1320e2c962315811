-- Both at once, in the order in which every statement takes them: between the two rewrites a running program would have the one
-- and wait for the other.
LOCK TABLE tasks, goals IN ACCESS EXCLUSIVE MODE;
--> statement-breakpoint
-- The JSON of a row as clients and consumers see it: the fields of its schema, in its order. Declared immutable: days and
-- instants come out alike under any DateStyle and TimeZone, and nothing here is looked up outside of pg_catalog.
-- One expression, which plpgsql evaluates by itself: with a query in it, changing thousands of rows takes half as long again.
CREATE FUNCTION goal_representation(id uuid, user_id uuid, title text, description text, status goal_status, priority priority,
  target_date date, category text, tags jsonb, metadata jsonb, created_at timestamptz, updated_at timestamptz,
  completed_at timestamptz, deleted_at timestamptz, version integer)
RETURNS json LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
declare
  rfc3339 constant text := 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"';
begin
  return format(
      '{"id":%s,"userId":%s,"title":%s,"description":%s,"status":%s,"priority":%s,"targetDate":%s,"category":%s,'
      '"tags":%s,"metadata":%s,"createdAt":%s,"updatedAt":%s,"completedAt":%s,"deletedAt":%s,"version":%s}',
      to_json(id), to_json(user_id), to_json(title), coalesce(to_json(description), 'null'), to_json(status),
      to_json(priority), coalesce(to_json(target_date), 'null'), coalesce(to_json(category), 'null'), tags, metadata,
      to_json(to_char(created_at at time zone 'UTC', rfc3339)), to_json(to_char(updated_at at time zone 'UTC', rfc3339)),
      coalesce(to_json(to_char(completed_at at time zone 'UTC', rfc3339)), 'null'),
      coalesce(to_json(to_char(deleted_at at time zone 'UTC', rfc3339)), 'null'),
      version);
end $$;
--> statement-breakpoint
CREATE FUNCTION task_representation(id uuid, goal_id uuid, owner_id uuid, user_id uuid, assigned_to uuid, title text,
  description text, status task_status, block_kind block_kind, blocked_from task_status, priority priority, due_date date,
  due_at timestamptz, due_zone text, estimated_hours numeric, actual_hours numeric, dependencies jsonb, tags jsonb,
  metadata jsonb, created_at timestamptz, updated_at timestamptz, completed_at timestamptz, deleted_at timestamptz,
  version integer)
RETURNS json LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
declare
  rfc3339 constant text := 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"';
begin
  return format(
      '{"id":%s,"goalId":%s,"ownerId":%s,"userId":%s,"assignedTo":%s,"title":%s,"description":%s,"status":%s,'
      '"blockKind":%s,"blockedFrom":%s,"priority":%s,"dueDate":%s,"dueAt":%s,"dueZone":%s,"estimatedHours":%s,'
      '"actualHours":%s,"dependencies":%s,"tags":%s,"metadata":%s,"createdAt":%s,"updatedAt":%s,"completedAt":%s,'
      '"deletedAt":%s,"version":%s}',
      to_json(id), to_json(goal_id), to_json(owner_id), to_json(user_id), coalesce(to_json(assigned_to), 'null'),
      to_json(title), coalesce(to_json(description), 'null'), to_json(status), coalesce(to_json(block_kind), 'null'),
      coalesce(to_json(blocked_from), 'null'), to_json(priority), coalesce(to_json(due_date), 'null'),
      coalesce(to_json(to_char(due_at at time zone 'UTC', rfc3339)), 'null'), coalesce(to_json(due_zone), 'null'),
      coalesce(to_json(estimated_hours), 'null'), coalesce(to_json(actual_hours), 'null'), dependencies, tags,
      metadata, to_json(to_char(created_at at time zone 'UTC', rfc3339)),
      to_json(to_char(updated_at at time zone 'UTC', rfc3339)),
      coalesce(to_json(to_char(completed_at at time zone 'UTC', rfc3339)), 'null'),
      coalesce(to_json(to_char(deleted_at at time zone 'UTC', rfc3339)), 'null'),
      version);
end $$;
--> statement-breakpoint
ALTER TABLE "goals" ADD COLUMN "representation" json GENERATED ALWAYS AS (goal_representation(id, user_id, title, description, status, priority, target_date, category, tags, metadata, created_at, updated_at, completed_at, deleted_at, version)) STORED NOT NULL;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "representation" json GENERATED ALWAYS AS (task_representation(id, goal_id, owner_id, user_id, assigned_to, title, description, status, block_kind, blocked_from, priority, due_date, due_at, due_zone, estimated_hours, actual_hours, dependencies, tags, metadata, created_at, updated_at, completed_at, deleted_at, version)) STORED NOT NULL;
