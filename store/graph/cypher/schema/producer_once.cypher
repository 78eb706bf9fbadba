// One node a producer in its agency; the same id in two agencies is two nodes.
CREATE CONSTRAINT producer_once IF NOT EXISTS FOR (producer:Producer) REQUIRE (producer.agency_id, producer.id) IS UNIQUE
