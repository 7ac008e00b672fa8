"""The control plane: AWS's API in front, moto's backends behind. The only room that knows moto."""
