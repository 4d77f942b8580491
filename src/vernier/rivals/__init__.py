"""What others do: MobiSR, muLayer, CoDL, single precisions, and the policies of today's tools."""
