// parameters: agency_id, least, at_most
// columns: a, b, c: three producers who each sent the next at least so many referrals; each circle once, by its smallest id
MATCH (a:Producer {agency_id: $agency_id})-[x:REFERRED]->(b:Producer {agency_id: $agency_id})
      -[y:REFERRED]->(c:Producer {agency_id: $agency_id})-[z:REFERRED]->(a)
WHERE a.id < b.id AND a.id < c.id AND x.sent >= $least AND y.sent >= $least AND z.sent >= $least
RETURN a.id AS a, b.id AS b, c.id AS c
ORDER BY a, b, c LIMIT $at_most
