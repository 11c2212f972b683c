# Module: monitoring
# Metrics, alerts and the dashboard of the server.
# Dependencies: services.prometheus, services.grafana
{ config, lib, ... }:
let
  cfg = config.site.monitoring;

  page = "page";
  ticket = "ticket";

  mkOption =
    name: default:
    lib.mkOption {
      type = lib.types.port;
      inherit default;
      description = "The port of ${name}.";
    };
in
{
  options.site.monitoring = {
    dashboardPort = mkOption "the dashboard" 3000;
    metricsPort = mkOption "the metrics store" 9090;
    alertPort = mkOption "the alert sender" 9093;
  };

  config = {
    # The numbers are copied every night.
    site.backup.start = "02:15";

    # The metrics store maps many small files.
    boot.kernel.sysctl.vm.max_map_count = 262144;
    boot.kernel.sysfs.kernel.mm.transparent_hugepage.enabled = "madvise";

    services.prometheus = {
      enable = true;
      port = cfg.metricsPort;
      retentionTime = "60d";

      exporters.node = {
        enable = true;
        enabledCollectors = [
          "systemd"
          "hwmon"
        ];
      };

      scrapeConfigs = [
        {
          job_name = "node";
          static_configs = [
            {
              targets = [
                "localhost:${toString config.services.prometheus.exporters.node.port}"
                "desktop.lan:9100"
              ];
            }
          ];
        }
      ];

      alertmanager = {
        enable = true;
        port = cfg.alertPort;
        configuration = {
          route = {
            receiver = "mail";
            group_by = [ "alertname" ];
          };
          receivers = [
            {
              name = "mail";
              email_configs = [ { to = "alice@example.org"; } ];
            }
          ];
        };
      };

      rules = [
        (builtins.toJSON {
          groups = [
            {
              name = "machines";
              rules = [
                {
                  alert = "HostDown";
                  expr = "up == 0";
                  for = "5m";
                  labels.severity = page;
                  annotations.summary = "{{ $labels.instance }} does not answer.";
                }
                {
                  alert = "DiskAlmostFull";
                  expr = "node_filesystem_avail_bytes / node_filesystem_size_bytes < 0.1";
                  for = "30m";
                  labels.severity = page;
                  annotations.summary = "Less than a tenth of {{ $labels.mountpoint }} is free.";
                }
                {
                  alert = "DiskFillsUp";
                  expr = "predict_linear(node_filesystem_avail_bytes[6h], 86400) < 0";
                  for = "1h";
                  labels.severity = ticket;
                  annotations.summary = "{{ $labels.mountpoint }} will be full within a day.";
                }
                {
                  alert = "InodesAlmostGone";
                  expr = "node_filesystem_files_free / node_filesystem_files < 0.1";
                  for = "30m";
                  labels.severity = ticket;
                  annotations.summary = "{{ $labels.mountpoint }} runs out of inodes.";
                }
                {
                  alert = "DiskErrors";
                  expr = "increase(node_disk_io_errors_total[1h]) > 0";
                  for = "0m";
                  labels.severity = page;
                  annotations.summary = "{{ $labels.device }} reports errors.";
                }
                {
                  alert = "MemoryTight";
                  expr = "node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes < 0.08";
                  for = "15m";
                  labels.severity = ticket;
                  annotations.summary = "Hardly any memory is left on {{ $labels.instance }}.";
                }
                {
                  alert = "SwapThrashing";
                  expr = "rate(node_vmstat_pswpin[5m]) > 500";
                  for = "15m";
                  labels.severity = ticket;
                  annotations.summary = "{{ $labels.instance }} swaps all the time.";
                }
                {
                  alert = "LoadHigh";
                  expr = "node_load15 / count without (cpu) (node_cpu_seconds_total{mode=\"idle\"}) > 2";
                  for = "30m";
                  labels.severity = ticket;
                  annotations.summary = "The load of {{ $labels.instance }} stays high.";
                }
                {
                  alert = "UnitFailed";
                  expr = "node_systemd_unit_state{state=\"failed\"} == 1";
                  for = "5m";
                  labels.severity = ticket;
                  annotations.summary = "{{ $labels.name }} has failed.";
                }
                {
                  alert = "ClockDrifts";
                  expr = "abs(node_timex_offset_seconds) > 0.05";
                  for = "10m";
                  labels.severity = ticket;
                  annotations.summary = "The clock of {{ $labels.instance }} is off.";
                }
                {
                  alert = "BackupMissing";
                  expr = "time() - restic_last_success_seconds > 129600";
                  for = "1h";
                  labels.severity = page;
                  annotations.summary = "No copy was made for a day and a half.";
                }
                {
                  alert = "CertificateExpires";
                  expr = "probe_ssl_earliest_cert_expiry - time() < 604800";
                  for = "1h";
                  labels.severity = ticket;
                  annotations.summary = "A certificate runs out within a week.";
                }
                {
                  alert = "ProbeFails";
                  expr = "probe_success == 0";
                  for = "10m";
                  labels.severity = page;
                  annotations.summary = "{{ $labels.target }} cannot be reached.";
                }
                {
                  alert = "TemperatureHigh";
                  expr = "node_hwmon_temp_celsius > 85";
                  for = "10m";
                  labels.severity = page;
                  annotations.summary = "A sensor of {{ $labels.instance }} is too hot.";
                }
                {
                  alert = "RaidDegraded";
                  expr = "node_md_disks{state=\"failed\"} > 0";
                  for = "0m";
                  labels.severity = page;
                  annotations.summary = "An array on {{ $labels.instance }} lost a disk.";
                }
                {
                  alert = "LineSaturated";
                  expr = "rate(node_network_transmit_bytes_total[5m]) > 1.1e8";
                  for = "30m";
                  labels.severity = ticket;
                  annotations.summary = "{{ $labels.device }} sends as fast as it can.";
                }
              ];
            }
          ];
        })
      ];
    };

    services.grafana = {
      enable = true;
      settings.server = {
        http_addr = "127.0.0.1";
        http_port = cfg.dashboardPort;
      };
    };
  };
}
