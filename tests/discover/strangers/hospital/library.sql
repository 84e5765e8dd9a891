CREATE TABLE readers (
  card_no TEXT PRIMARY KEY,
  staff_id INTEGER,      -- kis.tbl_staff.staff_id, if the reader works here
  patient_id INTEGER     -- otherwise a patient, see kis.tbl_patient
);
CREATE TABLE titles (isbn TEXT PRIMARY KEY, name TEXT NOT NULL, oclc_id TEXT, dewey_code TEXT);
CREATE TABLE copies (copy_id INTEGER PRIMARY KEY, isbn TEXT NOT NULL, rfid_tag TEXT UNIQUE, donated_by TEXT);
CREATE TABLE loans (
  loan_id INTEGER PRIMARY KEY,
  copy_id INTEGER NOT NULL,
  card_no TEXT NOT NULL,
  issued_by INTEGER,     -- librarian (staff of kis)
  due DATE
);
CREATE TABLE reservations (
  id INTEGER PRIMARY KEY,
  isbn TEXT NOT NULL REFERENCES titles (isbn),
  reader TEXT NOT NULL   -- readers.card_no
);
CREATE TABLE fines (id INTEGER PRIMARY KEY, loan_id INTEGER NOT NULL, waived_by INTEGER, receipt_id TEXT);
CREATE TABLE ward_rounds (
  id INTEGER PRIMARY KEY,
  ward INTEGER NOT NULL, -- ward_id in KIS
  loan_ids TEXT          -- JSON array of loans.loan_id
);
CREATE TABLE interlibrary_requests (
  id INTEGER PRIMARY KEY,
  card_no TEXT NOT NULL,
  remote_loan_id INTEGER, -- number of the loan at the other library
  partner_id TEXT         -- ISIL of the other library
);
CREATE TABLE saved_searches (id INTEGER PRIMARY KEY, session_id TEXT, query_id INTEGER, card_no TEXT);
