"""May this person be contacted, by this seller, in this way, at this moment?"""
