CREATE TABLE branches (branch_code varchar(8) NOT NULL PRIMARY KEY, city varchar(60), bic varchar(11));
CREATE TABLE clients (
  client_no int NOT NULL PRIMARY KEY,
  branch_code varchar(8) NOT NULL,
  advisor int COMMENT 'login number of the advisor: crm user, users.login_no',
  tax_id varchar(20),
  introduced_by int COMMENT 'client_no of the client who brought this one'
);
CREATE TABLE accounts (
  id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
  iban varchar(34) NOT NULL UNIQUE,
  client_no int NOT NULL,
  currency char(3) NOT NULL,
  opened_by bigint COMMENT 'teller, by the number of the terminal',
  closed_by bigint
) COMMENT 'Accounts of clients: money, not logins.';
CREATE TABLE currencies (currency char(3) NOT NULL PRIMARY KEY, minor_units tinyint NOT NULL);
CREATE TABLE entries (
  account_id bigint NOT NULL,
  seq bigint NOT NULL,
  amount decimal(15, 2) NOT NULL,
  currency char(3) NOT NULL,
  counter_iban varchar(34) COMMENT 'account at any bank',
  end_to_end_id varchar(35) COMMENT 'as the payer wrote it',
  mandate_ref varchar(35),
  reversal_of bigint COMMENT 'seq of the entry that this one takes back',
  batch_id char(36) COMMENT 'run of the clearing house',
  PRIMARY KEY (account_id, seq)
);
CREATE TABLE cards (
  card_token char(36) NOT NULL PRIMARY KEY COMMENT 'token of the card processor',
  account_id bigint NOT NULL COMMENT 'accounts.id',
  holder_client_no int NOT NULL,
  device_account_number varchar(19),
  replaced_by char(36) COMMENT 'token of the card that came after'
);
CREATE TABLE disputes (
  id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
  account_id bigint NOT NULL,
  entry_seq bigint NOT NULL,
  case_ref varchar(30) COMMENT 'reference at the card scheme',
  crm_ticket_id char(36) COMMENT 'tickets.id of crm',
  scheme_case_id varchar(30)
) COMMENT 'account_id + entry_seq: the disputed row, entries(account_id, seq)';
CREATE TABLE rates (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, base char(3), quote char(3), raised_by int, source_id int);
CREATE TABLE standing_orders (
  id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
  account_id bigint NOT NULL,
  to_account bigint COMMENT 'only inside the bank: account that receives it',
  delayed_by int,
  order_position int,
  last_entry bigint
);
