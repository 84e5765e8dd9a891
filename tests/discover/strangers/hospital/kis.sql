CREATE TABLE tbl_ward (ward_id integer PRIMARY KEY, ward_name text NOT NULL, ward_head integer);
COMMENT ON COLUMN tbl_ward.ward_head IS 'staff_id of the head of the ward';
CREATE TABLE tbl_staff (
    staff_id integer PRIMARY KEY,
    badge_no text NOT NULL UNIQUE,
    ward_id integer,
    licence_id text
);
COMMENT ON COLUMN tbl_staff.licence_id IS 'number at the medical council';
CREATE TABLE tbl_patient (
    pat_id bigint PRIMARY KEY,
    mrn text NOT NULL UNIQUE,
    insurance_id text,
    gp_id bigint,
    created_by integer
);
COMMENT ON COLUMN tbl_patient.gp_id IS 'general practitioner, number in the national register';
CREATE TABLE tbl_bed (
    ward_id integer NOT NULL,
    bed_no integer NOT NULL,
    has_monitor boolean NOT NULL DEFAULT false,
    monitor_serial text,
    PRIMARY KEY (ward_id, bed_no)
);
CREATE TABLE tbl_admission (
    adm_id bigint PRIMARY KEY,
    adm_pat_id bigint NOT NULL,
    adm_ward_id integer,
    adm_admitted_by integer,
    case_no text NOT NULL UNIQUE,
    adm_insurer_case_id text
);
CREATE TABLE tbl_diagnosis (
    dg_id bigint PRIMARY KEY,
    dg_adm_id bigint NOT NULL REFERENCES tbl_admission (adm_id),
    dg_icd_code text NOT NULL,
    dg_coded_by integer
);
CREATE TABLE tbl_document (
    doc_id bigint PRIMARY KEY,
    doc_adm_id bigint NOT NULL,
    doc_staff_id integer,
    doc_lab_order bigint,
    doc_uid uuid,
    doc_replaces bigint
);
COMMENT ON COLUMN tbl_document.doc_lab_order IS 'the order it reports on, labOrder.orderNo in the lab';
COMMENT ON COLUMN tbl_document.doc_replaces IS 'older document (doc_id) that this one replaces';
COMMENT ON COLUMN tbl_document.doc_uid IS 'DICOM study instance';
CREATE TABLE tbl_medication (
    med_id bigint PRIMARY KEY,
    adm_id bigint NOT NULL,
    pzn text,
    prescribed_by integer NOT NULL
);
CREATE TABLE tbl_message (msg_id bigint PRIMARY KEY, control_id text, trace_id uuid, sender_id text);
COMMENT ON COLUMN tbl_message.control_id IS 'MSH-10 of HL7';
CREATE TABLE tbl_appointment (app_id bigint PRIMARY KEY, pat_id bigint NOT NULL, staff_id integer, room_no text, google_event_id text);
CREATE TABLE tbl_consent (consent_id bigint PRIMARY KEY, mrn text NOT NULL, witnessed_by integer);
COMMENT ON COLUMN tbl_consent.mrn IS 'medical record number, tbl_patient.mrn';
