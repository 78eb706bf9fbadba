// parameters: agency_id
// columns: from_id, to_id, kind, strength; one row a connection, in the direction it was given
MATCH (a:Producer {agency_id: $agency_id})-[c:CONNECTED]->(b:Producer {agency_id: $agency_id})
RETURN a.id AS from_id, b.id AS to_id, c.kind AS kind, c.strength AS strength
