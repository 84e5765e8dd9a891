CREATE TABLE users (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email text NOT NULL UNIQUE,
    display_name text,
    stripe_customer_id text,
    google_subject_id text,
    referred_by uuid,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE organizations (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL,
    owner uuid NOT NULL,
    primary_contact uuid,
    vat_id text,
    duns_id text
);
COMMENT ON COLUMN organizations.primary_contact IS 'user who receives the invoices';
CREATE TABLE memberships (
    org_id uuid NOT NULL REFERENCES organizations (id),
    user_id uuid NOT NULL REFERENCES users (id),
    role text NOT NULL,
    invited_by uuid,
    PRIMARY KEY (org_id, user_id)
);
CREATE TABLE login_sessions (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id),
    token_hash bytea NOT NULL,
    request_id uuid,
    device_id uuid
);
COMMENT ON COLUMN login_sessions.device_id IS 'random id that the app made on its first start';
CREATE TABLE api_clients (
    id uuid PRIMARY KEY,
    client_id text NOT NULL UNIQUE,
    secret_hash bytea NOT NULL,
    org_id uuid NOT NULL
);
CREATE TABLE password_resets (
    token uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id)
);
