-- Edges count themselves on the task that they point at. That is no change of the task: its representation stays to the byte.
DROP TRIGGER tasks_touch ON tasks;
--> statement-breakpoint
CREATE TRIGGER tasks_touch BEFORE UPDATE ON tasks FOR EACH ROW
  WHEN (old.dependents_count = new.dependents_count OR old.version <> new.version) EXECUTE FUNCTION touch_updated_at();
