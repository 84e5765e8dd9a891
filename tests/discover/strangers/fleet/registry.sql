CREATE TABLE depots (
  code varchar(8) NOT NULL PRIMARY KEY,
  name varchar(80) NOT NULL,
  manager int COMMENT 'employees.emp_no'
);
CREATE TABLE employees (
  emp_no int NOT NULL PRIMARY KEY,
  badge varchar(20) NOT NULL UNIQUE,
  full_name varchar(120) NOT NULL,
  depot_code varchar(8) NOT NULL,
  supervisor int,
  ad_guid char(36) COMMENT 'objectGUID in the Active Directory',
  FOREIGN KEY (depot_code) REFERENCES depots (code)
);
CREATE TABLE models (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, maker varchar(40), name varchar(40), kba_id varchar(10));
CREATE TABLE vehicles (
  vin char(17) NOT NULL PRIMARY KEY,
  plate varchar(12) UNIQUE,
  model_id int NOT NULL,
  depot_code varchar(8) COMMENT 'home depot',
  leasing_contract_id varchar(40) COMMENT 'number of the contract at the leasing company',
  FOREIGN KEY (model_id) REFERENCES models (id)
);
CREATE TABLE firmware (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  version varchar(20) NOT NULL,
  git_sha char(40) NOT NULL,
  build_id int COMMENT 'build of the CI server',
  released_by int
);
CREATE TABLE devices (
  serial varchar(32) NOT NULL PRIMARY KEY,
  vin char(17) COMMENT 'vehicle it is mounted in',
  firmware_id int,
  modem_serial varchar(32) COMMENT 'printed on the modem by its maker',
  phone_id int COMMENT 'id of the SIM at the carrier',
  installed_by int,
  FOREIGN KEY (firmware_id) REFERENCES firmware (id)
);
CREATE TABLE driver_cards (card_no varchar(16) NOT NULL PRIMARY KEY, emp_no int NOT NULL, issuing_state char(2));
CREATE TABLE vehicle_assignments (
  vin char(17) NOT NULL,
  emp_no int NOT NULL,
  valid_from date NOT NULL,
  PRIMARY KEY (vin, valid_from)
) COMMENT 'who drives what, by day';
