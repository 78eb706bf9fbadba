// parameters: agency_id, after, at_most
// columns: id, flows [[other_id, sent, won]]: the referrals that each producer sent, by receiver
MATCH (producer:Producer {agency_id: $agency_id})
WHERE producer.id > $after
WITH producer ORDER BY producer.id LIMIT $at_most
RETURN producer.id AS id,
       [(producer)-[r:REFERRED]->(other:Producer {agency_id: $agency_id}) | [other.id, r.sent, r.won]] AS flows
