# A ball falls through air: its speed and way, to a table. Called with the drag (1/m) and the number of steps.
awk -v drag="$1" -v steps="$2" '
BEGIN {
  g = 9.81; dt = 0.001 # m/s^2, s
  print "t,speed,way" > "fall.csv"
  for (step = 1; step <= steps; step++) {
    speed += (g - drag * speed * speed) * dt
    way += speed * dt
    if (step % 500 == 0) {
      print "step " step
      printf "%.3f,%.6f,%.6f\n", step * dt, speed, way > "fall.csv"
    }
  }
}'
