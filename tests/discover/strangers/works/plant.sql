CREATE TABLE workers (personnel_no INTEGER PRIMARY KEY, name TEXT NOT NULL, shift_id INTEGER, foreman INTEGER);
CREATE TABLE shifts (id INTEGER PRIMARY KEY, label TEXT, shortened_by INTEGER);
CREATE TABLE lines (line_code TEXT PRIMARY KEY, hall_no INTEGER, powered_by TEXT, run_by INTEGER);
CREATE TABLE machines (
  machine_no INTEGER PRIMARY KEY,
  line_code TEXT,
  maker_serial TEXT,
  controller_id TEXT,          -- as the PLC reports itself
  maintained_by INTEGER,       -- contract partner, number in purchasing
  replaced_by INTEGER
);
CREATE TABLE orders (
  order_no INTEGER PRIMARY KEY,
  article TEXT NOT NULL,       -- articles.article_no in sales
  sales_order INTEGER,         -- customer order, sales:sales_orders.id
  planned_by INTEGER,
  priority INTEGER
);
CREATE TABLE runs (
  run_id TEXT PRIMARY KEY,
  order_no INTEGER NOT NULL,
  machine_no INTEGER NOT NULL,
  started_by INTEGER,          -- personnel_no
  stopped_by INTEGER,          -- 1 operator, 2 alarm, 3 end of material
  sped_up_by INTEGER,
  recipe_hash TEXT
);
CREATE TABLE scrap (id INTEGER PRIMARY KEY, run_id TEXT NOT NULL, pieces INTEGER, reason_code TEXT, found_by INTEGER);
CREATE TABLE reasons (code TEXT PRIMARY KEY, label TEXT);
CREATE TABLE measurements (
  id INTEGER PRIMARY KEY,
  run TEXT,                    -- runs.run_id
  gauge_id TEXT,               -- sticker on the gauge
  tool_id INTEGER,             -- pocket of the tool changer
  measured_by INTEGER,
  corrected_by REAL
);
CREATE TABLE documents (id INTEGER PRIMARY KEY, owner_kind TEXT, owner_id INTEGER, sha256 TEXT, dms_id TEXT);
