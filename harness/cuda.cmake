# XB_WITH_CUDA: nvcc, the CUDA runtime and, with XB_WITH_NCCL, NCCL.
find_program(CMAKE_CUDA_COMPILER nvcc HINTS ENV CUDA_HOME ENV CUDA_PATH /usr/local/cuda PATH_SUFFIXES bin)  # CMake looks in PATH only
if(NOT CMAKE_CUDA_COMPILER)
  message(FATAL_ERROR "XB_WITH_CUDA: there is no nvcc in PATH, CUDA_HOME/bin or /usr/local/cuda/bin: install a CUDA toolkit, or say where with -DCMAKE_CUDA_COMPILER=")
endif()
if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
  set(CMAKE_CUDA_ARCHITECTURES "80;90" CACHE STRING "Compute capabilities to compile for")
endif()
set(CMAKE_CUDA_RUNTIME_LIBRARY None)  # linked by name, once: NCCL and LibTorch want the shared one
if(XB_CCACHE)
  set(CMAKE_CUDA_COMPILER_LAUNCHER ${XB_CCACHE})
endif()
enable_language(CUDA)
find_package(CUDAToolkit REQUIRED)
set(CMAKE_CUDA_FLAGS_RELEASE "-O3 -DNDEBUG")

if(XB_WITH_NCCL)
  find_path(XB_NCCL_INCLUDE nccl.h HINTS ${CUDAToolkit_INCLUDE_DIRS} DOC "Where nccl.h is")
  find_library(XB_NCCL_LIBRARY nccl HINTS ${CUDAToolkit_LIBRARY_DIR} DOC "NCCL")
  if(NOT XB_NCCL_INCLUDE OR NOT XB_NCCL_LIBRARY)
    message(FATAL_ERROR "XB_WITH_NCCL: there is no NCCL beside the CUDA toolkit: install libnccl-dev, say where with -DXB_NCCL_INCLUDE= and -DXB_NCCL_LIBRARY=, "
                        "or do without with -DXB_WITH_NCCL=OFF (exchange between GPUs then goes through host memory)")
  endif()
  add_library(xb_nccl_headers INTERFACE)
  target_include_directories(xb_nccl_headers SYSTEM INTERFACE ${XB_NCCL_INCLUDE})
endif()

# The bits of the host: no contraction to FMA; float denormals are flushed where the node threads flush theirs, which LibTorch has them do.
if(XB_WITH_TORCH)
  set(XB_FTZ true)
else()
  set(XB_FTZ false)
endif()

# xb_cuda_library(NAME sources...): a static library whose .cu files nvcc compiles. CMake 3.25 does not know that nvcc 13 has C++20 and drops the standard.
function(xb_cuda_library NAME)
  add_library(${NAME} STATIC ${ARGN})
  target_link_libraries(${NAME} PUBLIC xb_core PRIVATE CUDA::cudart)
  target_compile_options(${NAME} PRIVATE "$<$<COMPILE_LANGUAGE:CUDA>:--fmad=false;-ftz=${XB_FTZ};-Xcompiler=-Wall>")
  if(CMAKE_CUDA20_STANDARD_COMPILE_OPTION)
    set_target_properties(${NAME} PROPERTIES CUDA_STANDARD 20)
  else()
    set_target_properties(${NAME} PROPERTIES CUDA_STANDARD_REQUIRED OFF)
    target_compile_options(${NAME} PRIVATE $<$<COMPILE_LANGUAGE:CUDA>:-std=c++20>)
  endif()
endfunction()
