-- When the scheduler that leads last said so; NULL: none leads.
ALTER TABLE scheduler_lease ADD COLUMN renewed_at timestamptz;
