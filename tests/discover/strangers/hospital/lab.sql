CREATE TABLE labOrder (
  orderNo bigint NOT NULL PRIMARY KEY,
  patientId bigint NOT NULL COMMENT 'tbl_patient.pat_id of kis',
  caseNo varchar(20) COMMENT 'case number, = kis.tbl_admission.case_no',
  requestedBy int COMMENT 'staff id (KIS)',
  wardId int COMMENT 'ward in KIS',
  hl7MessageId varchar(40)
);
CREATE TABLE sample (
  sampleId int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  orderNo bigint NOT NULL,
  collectedBy int,
  barcode varchar(30) UNIQUE,
  parentSampleId int COMMENT 'sample that this one was split from'
);
CREATE TABLE analyte (analyteId int NOT NULL AUTO_INCREMENT PRIMARY KEY, loincCode varchar(12) UNIQUE, unit varchar(12));
CREATE TABLE result (
  resultId int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  sampleId int NOT NULL,
  analyteId int NOT NULL,
  validatedBy int COMMENT 'kis.tbl_staff',
  deviceSerial varchar(30) COMMENT 'serial number of the analyzer, as Roche prints it',
  runId int COMMENT 'run counter of the analyzer, starts again each day'
);
CREATE TABLE bedsideTest (
  testId int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  wardId int NOT NULL,
  bedNo int NOT NULL,
  analyteId int NOT NULL
) COMMENT 'wardId and bedNo together point to tbl_bed (ward_id, bed_no) in kis';
CREATE TABLE reagentLot (
  lotNo varchar(20) NOT NULL PRIMARY KEY,
  analyteId int NOT NULL,
  supplierId int COMMENT 'customer number at the manufacturer',
  openedBy int
);
CREATE TABLE distribution (
  distributionId int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  orderNo bigint NOT NULL COMMENT 'FK labOrder',
  recipientType varchar(20) NOT NULL,
  recipientId bigint NOT NULL
);
CREATE TABLE auditTrail (
  id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
  entityName varchar(40) NOT NULL,
  entityId bigint NOT NULL,
  userName varchar(40) COMMENT 'user of the operating system',
  clientId varchar(40) COMMENT 'workstation'
);
