CREATE TABLE carts (id uuid PRIMARY KEY, user_id uuid, session_id uuid, variant_ids uuid[]);
COMMENT ON COLUMN carts.user_id IS 'logical FK: identity.users';
COMMENT ON COLUMN carts.session_id IS 'browser session from the cookie, has nothing to do with identity.login_sessions';
COMMENT ON COLUMN carts.variant_ids IS 'ids of catalog.product_variants';
CREATE TABLE orders (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    order_no bigint NOT NULL,
    customer_id uuid NOT NULL,
    placed_by uuid,
    cart_id uuid REFERENCES carts (id),
    idempotency_key uuid,
    correlation_id uuid,
    payment_intent_id text,
    UNIQUE (tenant_id, order_no)
);
COMMENT ON COLUMN orders.tenant_id IS 'selling organisation (identity.organizations.id)';
COMMENT ON COLUMN orders.customer_id IS 'FK to identity.users.id, not enforced across services';
CREATE TABLE order_lines (
    id uuid PRIMARY KEY,
    order_id uuid NOT NULL REFERENCES orders (id),
    product_sku text NOT NULL,
    variant_id uuid,
    price_id uuid,
    unit_price numeric(12, 2)
);
COMMENT ON COLUMN order_lines.product_sku IS 'FK to catalog.products.sku';
COMMENT ON COLUMN order_lines.variant_id IS '-> catalog.product_variants';
COMMENT ON COLUMN order_lines.price_id IS 'price at the time of the order (catalog.prices)';
CREATE TABLE shipments (
    id uuid PRIMARY KEY,
    order_id uuid NOT NULL REFERENCES orders (id),
    carrier_tracking_id text,
    picked_by uuid,
    packed_by uuid,
    warehouse_id uuid
);
COMMENT ON COLUMN shipments.warehouse_id IS 'warehouse at our logistics partner, see their API';
CREATE TABLE payments (
    id uuid PRIMARY KEY,
    order_id uuid NOT NULL REFERENCES orders (id),
    provider_payment_id text,
    psp_customer_id text,
    approved_by uuid
);
COMMENT ON COLUMN payments.approved_by IS 'identity.users.id of the clerk, NULL if it went through by itself';
CREATE TABLE coupons (id uuid PRIMARY KEY, code text NOT NULL UNIQUE, issued_for uuid, brand_ids uuid[]);
COMMENT ON COLUMN coupons.issued_for IS 'user id of the customer, if the coupon is personal';
COMMENT ON COLUMN coupons.brand_ids IS 'only for these brands, catalog.brands.id';
CREATE TABLE coupon_redemptions (
    id uuid PRIMARY KEY,
    coupon_code text NOT NULL,
    order_id uuid NOT NULL REFERENCES orders (id),
    redeemed_by uuid
);
CREATE TABLE audit_log (
    id bigserial PRIMARY KEY,
    entity_type text NOT NULL,
    entity_id uuid NOT NULL,
    actor_id uuid,
    request_id uuid,
    client_ip inet
);
COMMENT ON COLUMN audit_log.actor_id IS 'identity user';
CREATE TABLE outbox (
    id uuid PRIMARY KEY,
    aggregate_type text NOT NULL,
    aggregate_id uuid NOT NULL,
    event_id uuid NOT NULL,
    causation_id uuid,
    locked_by uuid
);
COMMENT ON COLUMN outbox.locked_by IS 'instance of the relay that holds the row';
CREATE TABLE wishlists (id uuid PRIMARY KEY, user_id uuid NOT NULL, product_id uuid NOT NULL, share_token uuid);
