-- Workshops belong to a depot of the registry.
CREATE TABLE workshops (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  depot_code varchar(8) NOT NULL, -- registry.depots(code)
  lead int -- employees.emp_no in registry
);
/*
 * One ticket a defect.
 *   vin       points to vehicles.vin in the registry
 *   reporter  registry.employees.emp_no
 */
CREATE TABLE tickets (
  no int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  vin char(17) NOT NULL,
  reporter int NOT NULL,
  assigned_to int,
  alarm_id int, -- telemetry: alarms.id
  jira_id varchar(20) -- of the hotline
);
CREATE TABLE work_orders (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  ticket_no int NOT NULL,
  workshop_id int NOT NULL,
  approved_by int,
  mechanics json, -- emp_no of everyone at work, registry.employees
  FOREIGN KEY (workshop_id) REFERENCES workshops (id)
);
CREATE TABLE parts (
  part_no varchar(24) NOT NULL PRIMARY KEY,
  oem_part_id varchar(40),
  supplier_id int -- vendor number in SAP
);
CREATE TABLE part_usages (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  work_order_id int NOT NULL,
  part_no varchar(24) NOT NULL,
  device_serial varchar(32), -- if the part is one of our devices (registry.devices)
  lot_id varchar(40), -- lot of the maker
  FOREIGN KEY (work_order_id) REFERENCES work_orders (id)
);
CREATE TABLE inspections (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  vin char(17) NOT NULL, -- registry: vehicles
  inspector_id int, -- number of the inspector at the testing authority
  signed_by int
);
CREATE TABLE invoices (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  work_order_id int NOT NULL,
  debtor_id int, -- SAP
  checked_by int
);
CREATE TABLE remarks (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  remarkable_type varchar(40) NOT NULL,
  remarkable_id int NOT NULL,
  author int -- emp_no
);
CREATE TABLE warranties (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, model_id int NOT NULL, months int, claim_id varchar(40));
-- (vin, since) -> registry.vehicle_assignments(vin, valid_from)
CREATE TABLE damages (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  vin char(17) NOT NULL,
  since date NOT NULL,
  police_case_id varchar(30)
);
