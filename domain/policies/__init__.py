"""The insurance policies that leads become: dates, money, life cycle, notices. Not the policies by which leads are routed."""
