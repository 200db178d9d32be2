resource "aws_security_group" "this" {
  count = local.once

  name        = "${var.name}-search"
  description = "From the cluster to the search domain ${var.name}"
  vpc_id      = var.vpc_id

  tags = merge(var.tags, { Name = "${var.name}-search" })
}

resource "aws_vpc_security_group_ingress_rule" "cluster" {
  count = local.once

  security_group_id            = aws_security_group.this[0].id
  description                  = "Search from the nodes of the cluster"
  referenced_security_group_id = var.cluster_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443

  tags = merge(var.tags, { Name = "${var.name}-search-from-cluster" })
}
