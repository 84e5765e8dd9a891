CREATE TABLE brands (id uuid PRIMARY KEY, slug text NOT NULL UNIQUE, name text NOT NULL);
CREATE TABLE products (
    id uuid PRIMARY KEY,
    sku text NOT NULL UNIQUE,
    brand_id uuid REFERENCES brands (id),
    vendor_id uuid,
    created_by uuid,
    gtin text,
    external_id text,
    supplier_ref text
);
COMMENT ON TABLE products IS 'What can be sold. Orders keep the sku, not the id.';
COMMENT ON COLUMN products.vendor_id IS 'see organizations in the identity service';
COMMENT ON COLUMN products.created_by IS 'identity user who created the product';
COMMENT ON COLUMN products.supplier_ref IS 'article number at the supplier';
CREATE TABLE product_variants (
    id uuid PRIMARY KEY,
    product_id uuid NOT NULL REFERENCES products (id),
    variant_sku text NOT NULL UNIQUE
);
CREATE TABLE categories (id uuid PRIMARY KEY, parent_id uuid REFERENCES categories (id), path text);
CREATE TABLE product_categories (product_id uuid, category_id uuid, PRIMARY KEY (product_id, category_id));
CREATE TABLE price_lists (id uuid PRIMARY KEY, org_id uuid, currency char(3) NOT NULL);
COMMENT ON COLUMN price_lists.org_id IS 'References identity.organizations(id). NULL means the public price list.';
CREATE TABLE prices (
    id uuid PRIMARY KEY,
    price_list_id uuid NOT NULL REFERENCES price_lists (id),
    variant_id uuid NOT NULL REFERENCES product_variants (id),
    amount numeric(12, 2) NOT NULL
);
CREATE TABLE reviews (
    id uuid PRIMARY KEY,
    product_id uuid NOT NULL REFERENCES products (id),
    author_id uuid NOT NULL,
    moderated_by uuid,
    order_line_id uuid,
    ip_hash text
);
COMMENT ON COLUMN reviews.author_id IS 'users.id (identity db)';
COMMENT ON COLUMN reviews.order_line_id IS 'the order line that the review was written for; lives in the orders database';
CREATE TABLE media (
    id uuid PRIMARY KEY,
    subject_type text NOT NULL,
    subject_id uuid NOT NULL,
    uploaded_by uuid,
    storage_key text NOT NULL,
    sha256 text NOT NULL
);
COMMENT ON COLUMN media.uploaded_by IS 'who uploaded the file';
CREATE TABLE stock_reservations (
    id uuid PRIMARY KEY,
    variant_id uuid NOT NULL REFERENCES product_variants (id),
    tenant_id uuid NOT NULL,
    order_no bigint NOT NULL,
    quantity integer NOT NULL
);
COMMENT ON TABLE stock_reservations IS '(tenant_id, order_no) refers to orders.orders (tenant_id, order_no).';
CREATE TABLE import_runs (
    id uuid PRIMARY KEY,
    git_sha text,
    trace_id uuid,
    worker_id uuid,
    started_by text
);
COMMENT ON COLUMN import_runs.started_by IS 'login of the operator on the host';
