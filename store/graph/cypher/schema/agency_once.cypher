// One node an agency; MERGE finds it through the index that belongs to the constraint.
CREATE CONSTRAINT agency_once IF NOT EXISTS FOR (agency:Agency) REQUIRE agency.id IS UNIQUE
