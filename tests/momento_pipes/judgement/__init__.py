"""What AWS would refuse of a synthesized stack."""
