-- What a token of an account is limited to, beside its sensitivity: one agency, one region with all within.
alter table token add column agency_id bigint constraint token_agency_fk references agency (agency_id);
alter table token add column region_id bigint;
