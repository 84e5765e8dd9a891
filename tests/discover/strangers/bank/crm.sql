CREATE TABLE users (id uuid PRIMARY KEY, login_no integer NOT NULL UNIQUE, full_name text NOT NULL, sso_subject_id text);
CREATE TABLE teams (id uuid PRIMARY KEY, lead_id uuid NOT NULL, name text);
CREATE TABLE team_users (team_id uuid NOT NULL, user_id uuid NOT NULL, PRIMARY KEY (team_id, user_id));
CREATE TABLE contacts (
    id uuid PRIMARY KEY,
    client_no integer,
    account_iban text,
    owned_by uuid NOT NULL,
    mailchimp_member_id text,
    household_id uuid
);
COMMENT ON COLUMN contacts.client_no IS 'Client in core (clients.client_no), empty for prospects';
COMMENT ON COLUMN contacts.account_iban IS 'IBAN as the contact told it, not checked against core.accounts';
COMMENT ON COLUMN contacts.household_id IS 'Same for all who live together; made up by the matcher, there is no table';
CREATE TABLE tickets (
    id uuid PRIMARY KEY,
    contact_id uuid,
    assigned_to uuid,
    escalated_from uuid,
    channel_id text,
    sla_id integer,
    merged_into uuid,
    queue_id uuid
);
COMMENT ON COLUMN tickets.escalated_from IS 'ticket this one grew out of';
COMMENT ON COLUMN tickets.queue_id IS 'Genesys queue';
CREATE TABLE slas (id integer PRIMARY KEY, hours integer, exceeded_by integer);
CREATE TABLE messages (
    id uuid PRIMARY KEY,
    ticket_id uuid NOT NULL REFERENCES tickets (id),
    message_id text,
    in_reply_to uuid,
    written_by uuid,
    thread_id text
);
COMMENT ON COLUMN messages.thread_id IS 'Message-ID of the first mail';
CREATE TABLE leads (id uuid PRIMARY KEY, contact uuid NOT NULL, product_code text, converted_by uuid, campaign_id integer);
COMMENT ON COLUMN leads.campaign_id IS 'number in the marketing tool';
CREATE TABLE calls (
    id uuid PRIMARY KEY,
    branch_code character varying(8),
    caller_id text,
    callee uuid,
    recorded_by uuid,
    recording_id uuid,
    client_no integer
);
COMMENT ON COLUMN calls.branch_code IS 'branch the call was routed to';
COMMENT ON COLUMN calls.callee IS 'users.id';
COMMENT ON COLUMN calls.recorded_by IS 'recorder node';
COMMENT ON COLUMN calls.caller_id IS 'phone number';
CREATE TABLE appointments (id uuid PRIMARY KEY, entry_account bigint, entry_seq bigint, room_id text, host uuid);
COMMENT ON COLUMN appointments.entry_seq IS 'with entry_account: FK to core.entries (account_id, seq)';
CREATE TABLE change_log (id bigint PRIMARY KEY, table_name text NOT NULL, row_id uuid NOT NULL, changed_by uuid, txid bigint);
