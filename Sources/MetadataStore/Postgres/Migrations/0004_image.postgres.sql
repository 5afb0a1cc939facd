-- The image that a try ran in, with its digest, as the node reported it. A try without a pod has none.

ALTER TABLE task_instance ADD COLUMN image_id text COLLATE "C";
ALTER TABLE task_instance_history ADD COLUMN image_id text COLLATE "C";
