# What the values say of each component, for the checks in secrets.tf.
locals {
  # Design has two keys: that of 3.11, and that of older charts.
  keys = { control = ["control"], design = ["designNew", "design"], work = ["work"], engage = ["engage"] }

  values   = yamldecode(var.values)
  unsaid   = [for component, keys in local.keys : component if !anytrue([for key in keys : can(local.values[key].enabled)])]
  switched = { for component, keys in local.keys : component => [for key in keys : local.values[key] if try(local.values[key].enabled, false)] }
  unequal  = [for component, on in local.enabled : component if on != (length(local.switched[component]) > 0) || contains(local.unsaid, component)]

  urls = {
    for component in local.components : component => try(local.switched[component][0].envVariables["spring.datasource.url"], "")
  }
  nowhere = [for component, url in local.urls : component if !can(regex("^jdbc:(oracle:thin:@|postgresql://)[^/]+/.+$", url))]

  fetched = {
    for component in local.components : component => local.switched[component][0].jdbc.mvnDependency.artifactId
    if try(local.switched[component][0].jdbc.fetchDriver, false) && can(local.switched[component][0].jdbc.mvnDependency.artifactId)
  }
  # What is no driver stands there where the image has the driver already.
  mismatched = [
    for component, fetched in local.fetched : component
    if startswith(local.urls[component], "jdbc:oracle:") ? fetched == "postgresql" : startswith(fetched, "ojdbc")
  ]
}
