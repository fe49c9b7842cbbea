-- For people and tools; ravine itself reads the events.
CREATE VIEW trials AS SELECT study_id, seq, body FROM events WHERE kind = 'trial-created';
