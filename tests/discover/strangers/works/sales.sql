CREATE SCHEMA crm;
CREATE TABLE crm.customers (id integer PRIMARY KEY, number text NOT NULL UNIQUE, parent_customer_id integer, account_manager integer);
CREATE TABLE employees (id integer PRIMARY KEY, personnel_no integer UNIQUE, manager_id integer, badge_id text);
CREATE TABLE articles (article_no text PRIMARY KEY, ean text, successor text, customs_code text, designed_by integer);
COMMENT ON COLUMN articles.successor IS 'article_no of the article that follows this one';
COMMENT ON TABLE articles IS 'What we sell. The plant makes it: see orders there.';
CREATE TABLE sales_orders (
    id integer PRIMARY KEY,
    customer_id integer NOT NULL,
    customer_order_no text,
    sold_by integer,
    discounted_by integer,
    campaign text
);
COMMENT ON COLUMN sales_orders.customer_order_no IS 'their number for it';
COMMENT ON COLUMN sales_orders.customer_id IS 'crm.customers';
CREATE TABLE order_items (
    sales_order_id integer NOT NULL,
    pos integer NOT NULL,
    article_no text NOT NULL,
    plant_order_no integer,
    PRIMARY KEY (sales_order_id, pos)
);
COMMENT ON COLUMN order_items.plant_order_no IS 'orders.order_no of the plant, once it is planned';
CREATE TABLE deliveries (
    id integer PRIMARY KEY,
    sales_order_id integer NOT NULL,
    item_pos integer NOT NULL,
    waybill_id text,
    forwarder_id integer,
    signed_by text,
    run_ids text[]
);
COMMENT ON TABLE deliveries IS 'One a parcel. (sales_order_id, item_pos) -> order_items';
COMMENT ON COLUMN deliveries.run_ids IS 'runs of the plant that made it: plant.runs.run_id';
COMMENT ON COLUMN deliveries.signed_by IS 'whoever opened the door';
COMMENT ON COLUMN deliveries.forwarder_id IS 'one of 1 (DHL), 2 (own truck)';
CREATE TABLE complaints (
    id integer PRIMARY KEY,
    delivery_id integer,
    scrap_id integer,
    machine_no integer,
    handled_by integer,
    cause_id integer,
    caused_by integer
);
COMMENT ON COLUMN complaints.scrap_id IS 'plant: scrap.id';
COMMENT ON COLUMN complaints.machine_no IS 'The machine at fault (see machines in the plant database).';
CREATE TABLE quotes (id integer PRIMARY KEY, customer_number text, drafted_by integer, approved_by integer, won_by text, article_nos text[]);
COMMENT ON COLUMN quotes.article_nos IS 'list of articles.article_no';
