// Neo4j uses the index of producer_once only where both properties are given; whole rosters are read by this one.
CREATE INDEX producer_by_agency IF NOT EXISTS FOR (producer:Producer) ON (producer.agency_id)
