CREATE TABLE units (code TEXT PRIMARY KEY, label TEXT NOT NULL);
CREATE TABLE sensors (
  id INTEGER PRIMARY KEY,
  device_serial TEXT NOT NULL,   -- registry.devices.serial
  serial TEXT UNIQUE,            -- of the sensor itself, by its maker
  kind TEXT NOT NULL,
  unit_code TEXT                 -- units.code
);
CREATE TABLE readings (
  sensor_id INTEGER NOT NULL REFERENCES sensors (id),
  at INTEGER NOT NULL,
  value REAL,
  trace_id TEXT,
  PRIMARY KEY (sensor_id, at)
);
CREATE TABLE trips (
  id INTEGER PRIMARY KEY,
  vin TEXT NOT NULL,             -- vehicle, lives in registry
  driver INTEGER,                -- employee number, see registry.employees
  start_geohash TEXT,
  route_id TEXT                  -- id of the route at HERE maps
);
CREATE TABLE positions (trip_id INTEGER NOT NULL, at INTEGER NOT NULL, lat REAL, lon REAL, cell_id INTEGER, PRIMARY KEY (trip_id, at));
CREATE TABLE alarm_rules (id INTEGER PRIMARY KEY, owner INTEGER, expression TEXT NOT NULL);
CREATE TABLE alarms (
  id INTEGER PRIMARY KEY,
  vin TEXT NOT NULL,             -- same as registry.vehicles.vin
  alarm_rule_id INTEGER,
  ack_by INTEGER,
  acked_at INTEGER,
  ticket_no INTEGER              -- the ticket this alarm opened: workshop.tickets.no
);
CREATE TABLE gateways (
  id INTEGER PRIMARY KEY,
  mac TEXT NOT NULL,
  -- code of the depot where it hangs (registry.depots)
  depot TEXT
);
CREATE TABLE ingest_batches (
  batch_id TEXT PRIMARY KEY,
  request_id TEXT,
  node_id TEXT,                  -- kubernetes node
  session_token TEXT
);
CREATE TABLE can_frames (
  id INTEGER PRIMARY KEY,
  trip_id INTEGER NOT NULL REFERENCES trips (id),
  frame_id INTEGER NOT NULL,     -- arbitration id on the bus
  ecu_id INTEGER
);
CREATE TABLE device_keys (
  device TEXT NOT NULL,          -- registry.devices
  key_id TEXT NOT NULL           -- in the key management of the cloud
);
CREATE TABLE geofences (
  id INTEGER PRIMARY KEY,
  depot_codes TEXT,              -- JSON list of registry.depots.code
  polygon TEXT
);
CREATE TABLE attachments (id INTEGER PRIMARY KEY, target_type TEXT, target_id INTEGER, sha256 TEXT);
